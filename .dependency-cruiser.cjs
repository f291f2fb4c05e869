// Which room may import which: each only what stands left of it. Clients see the protocol and may draw machines.
const rooms = ["protocol", "db", "runtime", "actors", "ops"];
const clients = ["web", "game"];

const toTheRight = rooms.slice(0, -1).map((room, index) => ({
  name: `${room}-imports-only-what-stands-left-of-it`,
  severity: "error",
  from: { path: `^${room}/` },
  to: { path: `^(${[...rooms.slice(index + 1), ...clients].join("|")})/` },
}));

module.exports = {
  forbidden: [
    ...toTheRight,
    { name: "nothing-imports-a-client", severity: "error", from: { path: "^ops/" }, to: { path: `^(${clients.join("|")})/` } },
    {
      name: "clients-share-only-the-protocol",
      severity: "error",
      from: { path: `^(${clients.join("|")})/` },
      to: { path: `^(${clients.join("|")})/`, pathNot: "^$1/" },
    },
    {
      name: "clients-see-the-protocol-and-draw-machines",
      severity: "error",
      from: { path: `^(${clients.join("|")})/` },
      to: { path: "^(db|runtime|actors|ops)/", pathNot: "^actors/(?:[a-z]+/machine|effect)\\.ts$" },
    },
    {
      name: "machines-import-only-xstate",
      severity: "error",
      from: { path: "^actors/[a-z]+/(machine|context|queue)\\.ts$" },
      to: { pathNot: ["^node_modules/xstate", "^actors/effect\\.ts$", "^actors/[a-z]+/(context|queue)\\.ts$", "^protocol/"] },
    },
    {
      name: "the-protocol-runs-anywhere",
      severity: "error",
      from: { path: "^protocol/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|data|\\.cache)/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
