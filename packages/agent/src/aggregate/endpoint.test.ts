import { describe, expect, it } from 'vitest';
import { EndpointCap, template } from './endpoint.ts';

describe('template', () => {
  it.each([
    ['/users/123', '/users/*'],
    ['/users/123/orders/9', '/users/*/orders/*'],
    ['/a/550e8400-e29b-41d4-a716-446655440000', '/a/*'],
    ['/commit/9fceb02d0ae598e95dc970b74767f19372d61af8', '/commit/*'],
    ['/mail/jane@example.com', '/mail/*'],
    ['/mail/jane%40example.com', '/mail/*'],
    ['/s/Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZg', '/s/*'],
    ['/day/2026-11-23', '/day/*'],
    ['/api/v2/items', '/api/v2/items'],
    ['/', '/'],
    ['/users/', '/users/'],
    ['/static/app.js', '/static/app.js'],
    ['/deadbeef', '/deadbeef'],
    ['/very-long-name-of-a-page-without-a-number', '/very-long-name-of-a-page-without-a-number'],
    ['SELECT orders', 'SELECT orders'],
    ['', ''],
  ])('%s -> %s', (endpoint, expected) => {
    expect(template(endpoint)).toBe(expected);
  });

  it('is bounded in depth', () => {
    expect(template('/a'.repeat(100)).split('/').length).toBeLessThan(20);
  });
});

describe('cap', () => {
  it('keeps the first ones and calls the rest *', () => {
    const cap = new EndpointCap();
    expect([1, 2, 3, 1].map((n) => cap.keep(`/e${n}x`, 2))).toEqual(['/e1x', '/e2x', '*', '/e1x']);
  });
});
