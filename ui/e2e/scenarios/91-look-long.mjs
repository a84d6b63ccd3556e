import { look } from "../look.mjs";
import { until } from "../until.mjs";

const name = "settlement-and-reconciliation-of-card-payments-for-partners";
const stages = ["integration-environment-of-the-settlement-team", "production-of-every-region-that-settles-in-euro"];
const target = (n) => `settlement-production-primary/eu-central-${n}/cell-0042-blue`;
const title =
  "Retry idempotent charges when the acquirer closes the connection before it has answered, and tell the merchant's web hook about it only once";
const file = `name: ${name}
stages:
  - name: build-and-sign-everything-that-is-delivered
    jobs:
      - name: compile-with-every-feature-and-run-all-property-tests
        steps: [{run: mkdir -p dist && cp app.txt dist/}]
        artifacts: {the-signed-bundle-of-the-settlement-service: dist}
  - name: ${stages[0]}
    targets: [settlement-integration/eu-central-1/cell-0001-green]
    deploy: &deploy
      uses: shell/run
      with: {artifact: the-signed-bundle-of-the-settlement-service, run: 'cat "$TIDEGATE_ARTIFACTS"/*/app.txt'}
  - name: ${stages[1]}
    production: true
    gates:
      - approval: {count: 1}
    deploy: *deploy
    waves:
      - {name: one-cell-of-the-smallest-region-first, targets: ["${target(1)}"]}
      - {name: the-rest-of-the-small-regions-together, targets: ["${target(2)}", "${target(3)}", "${target(4)}"]}
`;

const pages = {
  pipelines: "/",
  board: `/p/${name}`,
  commits: `/p/${name}/commits`,
  "commits-gate": `/p/${name}/commits?gate=${stages[1]}/one-cell-of-the-smallest-region-first`,
  releases: `/p/${name}/releases`,
  release: `/p/${name}/releases/1`,
  "release-graph": `/p/${name}/releases/1?view=graph`,
  log: `/p/${name}/releases/1/log`,
  targets: `/p/${name}/targets`,
  approvals: "/approvals",
  metrics: `/p/${name}/metrics`,
  config: `/p/${name}/config`,
  audit: "/audit",
};

export const scenarios = {
  "a pipeline in which every name is long comes to its gate": async (world) => {
    const repository = await world.makeRepository("long", { ".tidegate/pipeline.yaml": file, "app.txt": "first\n" }, title, {
      "user.name": "Wilhelmina Konstantinopoulou-Featherstonehaugh",
    });
    const connected = await world.ask("olga", "POST", "/api/v1/pipelines", { repository, branch: "main" });
    if (connected.status !== 201) throw new Error(JSON.stringify(connected.body));
    await until("its first release waits for an approval", async () => {
      const { body } = await world.ask("ana", "GET", "/api/v1/approvals");
      return body.items.some((item) => item.pipeline === name);
    });
  },
  ...Object.fromEntries(
    Object.entries(pages).map(([page, path]) => [
      `${page}, with long names: nothing that axe finds, no sideways scrolling, and pictures`,
      async (world) => {
        const context = await world.context("ana", { reducedMotion: "reduce" });
        await look(context.pages()[0] ?? (await context.newPage()), world.out, `long-${page}`, world.address + path);
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      approve: (page) => page.getByRole("button", { name: /^Approve [0-9a-f]{7}/ }),
      reject: (page) => page.getByRole("button", { name: "Reject…" }),
    }).map(([act, button]) => [
      `dialog-${act}, with long names: nothing that axe finds, no sideways scrolling, and pictures`,
      async (world) => {
        const context = await world.context("ana", { reducedMotion: "reduce" });
        const page = context.pages()[0] ?? (await context.newPage());
        await look(page, world.out, `long-dialog-${act}`, `${world.address}/approvals`, async () => {
          await button(page).first().click();
          await page.getByRole("dialog").waitFor();
          await page.getByRole("dialog").getByText("Loading").waitFor({ state: "detached" });
        });
      },
    ]),
  ),
};
