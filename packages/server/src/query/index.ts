export { type QueryRoutesDeps, query_routes } from './http.ts';
