import { Shelf } from "./shelf";
import type { FromReader, ToReader } from "./whole-protocol";

// Reading, cutting and searching a log of a hundred thousand lines takes a while: the page's own thread only draws.
const post = (message: FromReader, hand: Transferable[] = []) => self.postMessage(message, { transfer: hand });
const shelf = new Shelf(post);

self.onmessage = (message: MessageEvent<ToReader>) => shelf.receive(message.data);
