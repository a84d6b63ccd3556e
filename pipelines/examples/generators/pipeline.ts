// Prints one job for each service in $SERVICES, and a stage that tests them together.
// It holds nothing that only a compiler understands, so that node, deno, bun and tsx run it as it is.

const services = (process.env.SERVICES ?? "").split(/\s+/).filter(Boolean);

const jobs = services.map((service) => ({
  name: `test-${service}`,
  steps: [`make -C services/${service} test`],
  artifacts: { [`coverage-${service}`]: `services/${service}/coverage.xml` },
  retry: 1,
}));

const together = {
  name: "together",
  jobs: [{ name: "contracts", steps: ["make contracts"], uses_artifacts: ["services"] }],
};

console.log(JSON.stringify({ jobs, stages: [together] }, null, 2));
