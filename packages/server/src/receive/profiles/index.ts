export { ProfileIngest } from './ingest.ts';
export { profile_routes } from './routes.ts';
