import { expect, test } from "vitest";
import { EventStreamReader } from "./sse";

const stream = 'event: events\nid: 7\ndata: [{"seq":7}]\n\n: quiet\n\nevent: synced\r\ndata: {"seq":7,\r\ndata: "now":1}\r\n\r\n';
const expected = [
  { event: "events", data: '[{"seq":7}]', id: "7" },
  { event: ":", data: "quiet", id: "7" },
  { event: "synced", data: '{"seq":7,\n"now":1}', id: "7" },
];

test("events are read whole", () => expect(new EventStreamReader().read(stream)).toEqual(expected));

test("events are the same wherever the pieces end", () => {
  for (let size = 1; size < stream.length; size++) {
    const reader = new EventStreamReader();
    const found = [];
    for (let at = 0; at < stream.length; at += size) found.push(...reader.read(stream.slice(at, at + size)));
    expect(found, `pieces of ${size}`).toEqual(expected);
  }
});
