export { Channel, type ChannelOptions } from "./channel.ts";
export {
  type Admission,
  type ConnectOptions,
  connectChannel,
  type Hello,
  type Listener,
  listenForChannels,
} from "./handshake.ts";
export { MethodTable } from "./method-table.ts";
export {
  addressBase,
  addressOf,
  openSocketDirectory,
  type SocketDirectory,
} from "./socket-directory.ts";
