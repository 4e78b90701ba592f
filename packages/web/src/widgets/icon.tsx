// Line icons on a 24 x 24 grid, drawn with the text's colour. Names are those of things, not of this product.

const PATHS = {
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18',
  web: 'M4 5h16v14H4zM4 9.5h16M7 7.3h.01M9.6 7.3h.01',
  database: 'M5 6c0-3.3 14-3.3 14 0v12c0 3.3-14 3.3-14 0zM5 6c0 3.3 14 3.3 14 0M5 12c0 3.3 14 3.3 14 0',
  cache: 'M13 3 5 13.5h6L10 21l9-11.5h-6z',
  queue: 'M4 5h16v4H4zM4 15h16v4H4zM8 9v6M12 9v6M16 9v6',
  name: 'M4 5h10l6 7-6 7H4zM8.5 12h.01',
  rpc: 'M4 8h13M13.5 4.5 17 8l-3.5 3.5M20 16H7M10.5 12.5 7 16l3.5 3.5',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2',
  process: 'M5 4h14v16H5zM8.5 9.5 11 12l-2.5 2.5M12.5 15H16',
  container: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9',
  host: 'M4 4h16v7H4zM4 13h16v7H4zM7.5 7.5h.01M7.5 16.5h.01M11 7.5h6M11 16.5h6',
  address:
    'M12 21c4.5-5 7-8.2 7-11.3A7 7 0 0 0 5 9.7C5 12.800 7.500 16 12 21zM12 7.500a2.300 2.300 0 1 0 0 4.600 2.300 2.300 0 0 0 0-4.600',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4.500 20c.8-4 4-5.500 7.500-5.500s6.700 1.500 7.500 5.500',
  map: 'M6 4.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5M18 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5M6 14.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5M8.400 7.800l7.300 3.200M8.400 16.200l7.300-3.200',
  table: 'M4 5h16v14H4zM4 10h16M4 14.500h16M10 5v14',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01',
  terminal: 'M4 5h16v14H4zM7.500 9.500 10 12l-2.500 2.500M12 15h4.500',
  pulse: 'M3 12h4l2.500-7 5 14 2.500-7h4',
  search: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13M15.500 15.500 20 20',
  close: 'M6 6l12 12M18 6 6 18',
  refresh: 'M20 5v5h-5M4 19v-5h5M19 10a7.500 7.500 0 0 0-13.500-2.500M5 14a7.500 7.500 0 0 0 13.500 2.500',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 3v1.500M12 19.500V21M3 12h1.500M19.500 12H21M5.600 5.600l1.100 1.100M17.300 17.300l1.100 1.100M18.400 5.600l-1.100 1.100M6.700 17.300l-1.100 1.100',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z',
  help: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.500 9.500a2.500 2.500 0 1 1 3.600 2.300c-.8.4-1.100.9-1.100 1.700M12 16.800h.01',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.500 2',
  chevron: 'M7 10l5 5 5-5',
  warning: 'M12 4 21 20H3zM12 10v4.500M12 17.300h.01',
  check: 'M5 12.500 10 17.500 19.500 7',
  filter: 'M4 5h16l-6.300 7.500V19l-3.400-2v-4.500z',
  columns: 'M4 5h16v14H4zM9.300 5v14M14.700 5v14',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  copy: 'M8 8h12v12H8zM16 8V4H4v12h4',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  play: 'M7 4.500v15l12-7.500z',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5',
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
