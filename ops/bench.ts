// Measures PixSim beside its peers and prints the figures with the aims. Arguments choose sections; without any all run.
import { actors } from "./bench/actors/section.ts";
import { durable } from "./bench/durable/section.ts";
import { editor } from "./bench/editor/section.ts";
import { failoverSection } from "./bench/failover/section.ts";
import { fanout } from "./bench/fanout/section.ts";
import { type Section, Report } from "./bench/report.ts";
import { generation } from "./bench/generation/section.ts";
import { play } from "./bench/play/section.ts";
import { rpc } from "./bench/rpc/section.ts";
import { scenes } from "./bench/scenes/section.ts";
import { transitions } from "./bench/transitions/section.ts";
import { say } from "./say.ts";

const sections: ReadonlyArray<Section> = [rpc, fanout, durable, actors, generation, scenes, editor, play, transitions, failoverSection];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !sections.some((section) => section.name === name));
if (unknown.length > 0) {
  say(`There is no section ${unknown.join(", ")}. Sections: ${sections.map(({ name }) => name).join(", ")}.`);
  process.exit(1);
}

const report = new Report(console.log);
report.machine();
for (const section of sections) {
  if (wanted.length > 0 && !wanted.includes(section.name)) continue;
  report.section(section);
  await section.run(report);
}
report.summary();
