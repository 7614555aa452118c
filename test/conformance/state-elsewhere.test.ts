import { deserialize, serialize } from "node:v8";
import { RemotePartition, StateHost, type StateLink } from "../../src/executor/state/index.ts";
import {
  HostedState,
  type StateElsewhere,
  type StateReader,
  type StateUpdate,
  VersionedState,
  type VersionedStateOptions,
} from "../../src/state/index.ts";
import { stateConformance } from "./state.suite.ts";

const uid = "state";

/** A message as another process would get it. */
const sent = <T>(value: T): T => deserialize(serialize(value)) as T;

/** A state whose partitions are in a host that is reached as if it were another process. */
class StateInHost<K, S> extends VersionedState<K, S> {
  readonly #hosted: HostedState<K, S>;

  constructor(options: VersionedStateOptions<S>) {
    const hosted = new HostedState<K, S>({ ...options, form: {}, operator: () => uid });
    const host = new StateHost(() => hosted as unknown as HostedState<unknown, unknown>);
    const link: StateLink = {
      request: async (method, value) => sent(await host.request(method, sent(value))),
      stream: async function* (method, value) {
        const slices =
          method === "state.scan"
            ? host.scan(sent(value) as Parameters<StateHost["scan"]>[0])
            : host.entries(sent(value) as Parameters<StateHost["entries"]>[0]);
        for await (const slice of slices) yield sent(slice);
      },
      notify: (method, value) => host.notice(method, sent(value)),
    };
    const elsewhere: StateElsewhere = {
      partition: <K2, S2>(partition: number) => {
        const place = { uid, partition };
        link.notify("state.take", place);
        return new RemotePartition<K2, S2>(() => place, link);
      },
      isSettled: () => true,
      settled: async () => {},
    };
    super({ ...options, elsewhere });
    this.#hosted = hosted;
  }

  override begin(partition: number, version: number): StateUpdate<K, S> {
    return this.#hosted.begin(partition, version);
  }

  override complete(update: StateUpdate<K, S>): void | Promise<void> {
    this.#hosted.complete(update);
    return this.completed(update.partition, update.version);
  }

  override read(partition: number, version: number): StateReader<K, S> {
    const local = this.#hosted.read(partition, version);
    const remote = super.read(partition, version);
    return {
      size: local.size,
      get: (key) => local.get(key),
      has: (key) => local.has(key),
      scan: () => {
        const scan = remote.scan();
        return {
          next: async (keysMax, visit) => {
            // What was read before the version was forgotten is on its way: that it is forgotten is seen here.
            void local.size;
            return scan.next(keysMax, visit);
          },
        };
      },
    };
  }

  override async close(): Promise<void> {
    await this.#hosted.close();
    await super.close();
  }
}

stateConformance({
  name: "whose partitions are elsewhere",
  newState: (options) => new StateInHost(options),
  runs: 100,
});
