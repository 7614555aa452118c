/**
 * A receiver of one's own, after the guide's: lines of text from a TCP port, read by hand. Its words are counted.
 *
 *   nc -lk 9999                                             (in another terminal; what you type there is counted)
 *   node examples/06-custom-receiver.ts [HOST] [PORT]       (default: localhost 9999)
 *
 * `store(line)` is all that an unreliable receiver needs: what it took is lost when the process crashes. A reliable one
 * stores with positions and acknowledges what is safe, as flights/flight-receiver.ts does. It runs until Ctrl-C.
 */
import { connect } from "node:net";
import { application, Receiver, seconds } from "millrace";

class LineReceiver extends Receiver<string> {
  readonly #host: string;
  readonly #port: number;

  constructor(host: string, port: number) {
    super();
    this.#host = host;
    this.#port = port;
  }

  override async onStart(): Promise<void> {
    // The signal aborts when the receiver is to stop, which closes the socket and so ends the loop.
    const { signal } = this;
    try {
      const socket = connect({ host: this.#host, port: this.#port, signal }).setEncoding("utf8");
      let rest = "";
      for await (const text of socket) {
        const lines = `${rest}${text}`.split("\n");
        rest = lines.pop() ?? "";
        // The promise keeps the socket waiting while no more records can be taken.
        for (const line of lines) await this.store(line);
      }
      if (!signal.aborted)
        this.restart("the server closed the connection; trying to connect again");
    } catch (error) {
      if (!signal.aborted) this.restart("could not receive; trying to connect again", { error });
    }
  }

  /** The signal has closed the socket already. */
  override onStop(): void {}
}

const [host = "localhost", port = "9999"] = process.argv.slice(2);

export default application(
  {
    appName: "CustomReceiver",
    master: "local",
    batchInterval: seconds(1),
    stopGracefullyOnShutdown: true,
  },
  (ssc) => {
    const lines = ssc.receiverStream(new LineReceiver(host, Number(port)));
    const words = lines.flatMap((line) => line.split(" "));
    const wordCounts = words.map((word) => [word, 1]).reduceByKey((left, right) => left + right);
    wordCounts.print();
  },
);
