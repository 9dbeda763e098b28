import { peerBodyBytesMax } from "./wall.ts";

/** What the calls of one caller, and of all, may hold here at one time: until they are answered. */
const peerRoom: Room = {
  each: { calls: 32, bytes: 4 * peerBodyBytesMax },
  together: { calls: 256, bytes: 16 * peerBodyBytesMax },
};

export interface Room {
  readonly each: Readonly<Held>;
  readonly together: Readonly<Held>;
}

interface Held {
  calls: number;
  bytes: number;
}

/** Room for the bodies of peer calls. A member that is corrupt, or whose session key was stolen, cannot take the others' room. */
export interface PeerBodies {
  /** Undefined where there is no room now; else what gives the room back, to be called once. */
  enter(member: string, bytes: number): (() => void) | undefined;
}

export function createPeerBodies({ each, together }: Room = peerRoom): PeerBodies {
  const all: Held = { calls: 0, bytes: 0 };
  const byMember = new Map<string, Held>();
  return {
    enter(member, bytes) {
      const own = byMember.get(member) ?? { calls: 0, bytes: 0 };
      if (!fits(own, bytes, each) || !fits(all, bytes, together)) return undefined;
      byMember.set(member, own);
      for (const held of [own, all]) {
        held.calls++;
        held.bytes += bytes;
      }
      return () => {
        for (const held of [own, all]) {
          held.calls--;
          held.bytes -= bytes;
        }
        if (own.calls === 0) byMember.delete(member);
      };
    },
  };
}

function fits(held: Held, bytes: number, max: Readonly<Held>): boolean {
  return held.calls < max.calls && held.bytes + bytes <= max.bytes;
}
