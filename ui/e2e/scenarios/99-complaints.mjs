export const scenarios = {
  "no page complained to its console": async (world) => {
    if (world.complaints.length > 0) throw new Error([...new Set(world.complaints)].join("\n"));
  },
};
