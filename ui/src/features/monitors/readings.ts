import type { Schemas } from "../../api/client";

type Reading = Schemas["PastReading"];
export type Bar = { at: number; kind: Reading["kind"] /** Of the highest value; 0 where there is none. */; share: number; words: string };

const words: Record<Reading["kind"], string> = { ok: "OK", bad: "bad", no_data: "no data", unreadable: "could not be read" };

/** How high each reading stands; one without a value is as high as its kind says: bad is full, well is low. */
export function barsOf(recent: readonly Reading[]): Bar[] {
  const highest = Math.max(0, ...recent.map((reading) => Math.abs(reading.value ?? 0)));
  return recent.map(({ at, kind, value }) => {
    const plain = kind === "bad" ? 1 : kind === "ok" ? 0.25 : 0;
    const share = value == null ? plain : highest === 0 ? 0.1 : Math.max(0.1, Math.abs(value) / highest);
    return { at, kind, share, words: value == null ? words[kind] : `${words[kind]}, ${value.toLocaleString("en")}` };
  });
}

/** The same for those who do not see the bars. */
export function summaryOf(recent: readonly Reading[]): string {
  const count = (kind: Reading["kind"]) => recent.filter((reading) => reading.kind === kind).length;
  const kinds = (["bad", "no_data", "unreadable"] as const).filter((kind) => count(kind) > 0);
  const rest = kinds.map((kind) => `${count(kind)} ${words[kind]}`).join(", ");
  return `The last ${recent.length} readings: ${rest === "" ? "all OK" : rest}`;
}
