/**
 * Owns: a process that sends lines to whoever connects, as fast as they are taken. Arguments: the number of lines. It tells its
 * port to its parent, and ends with it.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { linesOfWords } from "../data.ts";

const lineCount = Number(process.argv[2]);
const linesPerWrite = 1000;
const chunk = `${linesOfWords(linesPerWrite).join("\n")}\n`;

const server = createServer((socket) => {
  socket.on("error", () => {});
  send(socket).catch(() => socket.destroy());
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());

/** The connection stays open: the reader decides when it has had everything. */
async function send(socket: Socket): Promise<void> {
  for (let sent = 0; sent < lineCount; sent += linesPerWrite) {
    if (!socket.write(chunk)) await once(socket, "drain");
  }
}
