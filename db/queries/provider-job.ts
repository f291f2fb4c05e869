// Which submission a provider's job is of.
import type { Queryable } from "#db/client/database.ts";

/** Takes a provider's job for a submission, unless another has it; answers whose it is. Forgets those of before `forgetBefore`. */
export const takeProviderJob = (
  sql: Queryable,
  accountId: string,
  providerJobId: string,
  submitKey: string,
  now: number,
  forgetBefore: number,
) =>
  sql<Array<{ submit_key: string }>>`
    with forgotten as (delete from provider_job where account_id = ${accountId} and at < ${forgetBefore})
    insert into provider_job (account_id, provider_job_id, submit_key, at) values (${accountId}, ${providerJobId}, ${submitKey}, ${now})
    on conflict (account_id, provider_job_id) do update set at = provider_job.at
    returning submit_key`;

/** Jobs of an account that are other submissions'. */
export const providerJobsOfOthers = (sql: Queryable, accountId: string, submitKey: string) =>
  sql<Array<{ provider_job_id: string }>>`
    select provider_job_id from provider_job where account_id = ${accountId} and submit_key <> ${submitKey}`;
