import { Hub } from "./hub";
import { outside } from "./outside";
import type { FromPage } from "./protocol";

// A shared worker: all pages of this browser profile follow the server through one connection. Browsers allow six per host.
const hub = new Hub(`${self.location.origin}/api/v1/events`, outside);

self.addEventListener("connect", (event) => {
  const port = (event as MessageEvent).ports[0];
  if (port === undefined) return;
  hub.attach(port);
  port.onmessage = (message: MessageEvent<FromPage>) => hub.receive(port, message.data);
});
