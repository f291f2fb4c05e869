// Every metric of the server: its name, type, labels and meaning. A metric that does not stand here cannot be made; the table in
// ops/docs/metrics.md is written from it. Pure.

export interface MetricSpec {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** From closed sets: nobody's input makes series without end. */
  readonly labels?: ReadonlyArray<string>;
}

export const catalogue = {
  pixsim_process_start_time_seconds: { type: "gauge", help: "When the server started, s since 1970." },
  pixsim_process_resident_memory_bytes: { type: "gauge", help: "Memory of the process." },
  pixsim_process_heap_bytes: { type: "gauge", help: "Memory of JavaScript objects." },
  pixsim_process_cpu_seconds_total: { type: "counter", help: "Processor time used.", labels: ["mode"] },
  pixsim_event_loop_delay_seconds: { type: "gauge", help: "How late the event loop was since the last reading.", labels: ["quantile"] },

  pixsim_gateway_connections: { type: "gauge", help: "Sockets that are open." },
  pixsim_gateway_connections_total: { type: "counter", help: "Sockets that were opened." },
  pixsim_gateway_closed_total: { type: "counter", help: "Connections closed by the server, by reason.", labels: ["reason"] },
  pixsim_gateway_answers_total: {
    type: "counter",
    help: "Answers, by call, stream or topic and by outcome.",
    labels: ["name", "outcome"],
  },
  pixsim_gateway_frames_total: { type: "counter", help: "Frames over all connections.", labels: ["direction"] },
  pixsim_gateway_bytes_total: { type: "counter", help: "Bytes of frames; out: characters.", labels: ["direction"] },
  pixsim_gateway_subscriptions: { type: "gauge", help: "Topics that are followed: watchers." },
  pixsim_gateway_uploads: { type: "gauge", help: "Upload streams that are open." },
  pixsim_gateway_deltas_dropped_total: { type: "counter", help: "Changes not sent to connections that read too slowly." },
  pixsim_gateway_resyncs_total: { type: "counter", help: "Snapshots sent in place of dropped changes." },
  pixsim_http_requests_total: { type: "counter", help: "HTTP requests." },
  pixsim_http_bytes_total: { type: "counter", help: "Bytes of HTTP answers." },

  pixsim_actors_resident: { type: "gauge", help: "Actors in memory, by kind.", labels: ["kind"] },
  pixsim_actors_asleep: {
    type: "gauge",
    help: "Actors of the own cells that have not ended and are not in memory, by kind; counted anew at most once a minute.",
    labels: ["kind"],
  },
  pixsim_actor_mailbox_commands: { type: "gauge", help: "Commands that wait: for their actor to load, for a look-up, for a commit." },
  pixsim_actor_mailbox_deepest: { type: "gauge", help: "Commands that wait for the one actor for which most do." },
  pixsim_actor_followers: { type: "gauge", help: "Followers of single actors." },
  pixsim_actor_timers: { type: "gauge", help: "Timers that are due within a minute." },
  pixsim_actor_timers_fired_total: { type: "counter", help: "Timers that came due and were given to their actors." },
  pixsim_actor_timer_lateness_seconds: { type: "histogram", help: "How long after it was due a timer was given to its actor." },
  pixsim_actor_steps_total: { type: "counter", help: "Steps taken." },
  pixsim_actor_step_seconds: { type: "histogram", help: "How long taking a step took, without its commit; one step of 64 is measured." },
  pixsim_actor_steps_committed_total: { type: "counter", help: "Steps committed." },
  pixsim_actor_flushes_total: { type: "counter", help: "Commits, each of the steps of many actors." },
  pixsim_actor_commit_seconds: { type: "histogram", help: "How long commits that succeeded took in the database." },
  pixsim_actor_commit_actors: { type: "histogram", help: "Actors whose steps were committed together." },
  pixsim_actor_rollbacks_total: { type: "counter", help: "Actors rolled back to their last commit." },
  pixsim_effects_running: { type: "gauge", help: "Effects that are running, by kind of actor.", labels: ["kind", "effect"] },
  pixsim_effects_retrying: {
    type: "gauge",
    help: "Of those, the ones that died or could not look up and are tried again.",
    labels: ["kind", "effect"],
  },

  pixsim_provider_slots_busy: { type: "gauge", help: "Places at a provider that jobs of this process hold.", labels: ["provider"] },

  pixsim_cells_owned: { type: "gauge", help: "Cells of actors that this process has, of 256." },
  pixsim_cells_handed_over_total: {
    type: "counter",
    help: "Cells that came (taken), went in order (given) or were taken by others (lost).",
    labels: ["way"],
  },
  pixsim_routed_commands_total: {
    type: "counter",
    help: "Commands for actors of other processes: sent, sent again because the actor had moved (moved), given up (failed), received.",
    labels: ["way"],
  },
  pixsim_bus_watchers: { type: "gauge", help: "Followers of channels of changes, the server's own two included." },
  pixsim_bus_messages_total: { type: "counter", help: "Messages between processes.", labels: ["direction"] },
  pixsim_bus_unsent_total: { type: "counter", help: "Messages that could not be sent; their readers are told to read anew." },
  pixsim_bus_losses_total: { type: "counter", help: "Channels of which messages may have been missed, each time that this was found out." },
  pixsim_database_up: { type: "gauge", help: "1: the database answers. 0: not within a second." },
  pixsim_redis_up: { type: "gauge", help: "1: Redis answers. 0: not within a second. Absent where there is one process." },

  pixsim_pool_threads: { type: "gauge", help: "Threads for work that would hold the event loop." },
  pixsim_pool_waiting: { type: "gauge", help: "Works that wait for a thread." },
  pixsim_pool_works_total: { type: "counter", help: "Works of the pool, by how they ended.", labels: ["outcome"] },

  pixsim_log_lines_total: { type: "counter", help: "Lines logged, by level.", labels: ["level"] },
  pixsim_log_output_dropped_total: { type: "counter", help: "Lines that could not be written to the output." },
  pixsim_log_waiting: { type: "gauge", help: "Lines that wait to be stored." },
  pixsim_log_stored_total: { type: "counter", help: "Lines stored in the database." },
  pixsim_log_dropped_total: { type: "counter", help: "Lines dropped before they were stored." },
  pixsim_log_store_seconds: { type: "histogram", help: "How long storing a batch of lines took." },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof catalogue;
