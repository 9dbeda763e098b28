import dgram from "node:dgram";
import dns from "node:dns";
import net from "node:net";

/** Loaded before a program that must do without a network: whatever it opens or looks up ends it with exit code 97. */
function refuse(): never {
  console.error("this program reached for the network");
  process.exit(97);
}

net.Socket.prototype.connect = refuse;
dgram.Socket.prototype.send = refuse;
dns.lookup = refuse as unknown as typeof dns.lookup;
