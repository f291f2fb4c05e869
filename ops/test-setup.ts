// Before the tests: one throw-away PostgreSQL for all of them.
import { startPostgres } from "./services/postgres.ts";

export default async (): Promise<() => Promise<void>> => {
  const postgres = await startPostgres({ durable: false });
  process.env["PIXSIM_TEST_POSTGRES"] = postgres.url;
  return postgres.stop;
};
