export type { App } from "@vermilion/member/ports/index";
export { systemClock } from "@vermilion/node/host/system-clock";
export { systemRandom } from "@vermilion/node/host/system-random";
export { asCannot, Cannot, type CannotCode } from "./cannot.ts";
export { type AppKey, listAppFiles, newAppKey, readAppFile, writeAppFile } from "./config/apps.ts";
export { chainOf, chainsOf, type LocalChain } from "./config/chains.ts";
export { type ConfigCheck, type ConfigProblem, checkConfig, configProblemText } from "./config/check.ts";
export { adminSocket, controlSocket, dataPaths } from "./config/paths.ts";
export { readConsortium, readGenesis, readMemberConfig } from "./config/read.ts";
export {
  type AppConfig,
  allScopes,
  type ConfigKind,
  type ConsortiumConfig,
  configJsonSchema,
  configKinds,
  type FounderConfig,
  type LogLevel,
  logLevels,
  type MemberFileConfig,
  membersMax,
} from "./config/schemas.ts";
export { trustMembers } from "./config/trust.ts";
export { type Lock, takeLock } from "./disk/lock.ts";
export { consortiumOf, defaultFirstPort, defaultMembers, defaultName, sampleUscc } from "./founding/default.ts";
export { type FoundOptions, foundConsortium, isFounded } from "./founding/found.ts";
export { createKeyFiles, openKeyFiles } from "./keys/jwk-files.ts";
export { type LocalLog, pinoLog } from "./logs/pino.ts";
export type { AdminRequest } from "./process/admin.ts";
export { askMember } from "./process/admin.ts";
export { type ForegroundOptions, runMemberInForeground } from "./process/main.ts";
export { type MemberProcess, type MemberProcessOptions, runMember } from "./process/run.ts";
export { askMemberOrFiles, memberGone, withStoppedMember } from "./process/stopped.ts";
export { findSocketPlace } from "./sockets/address.ts";
export type { SocketAnswer } from "./sockets/door.ts";
export * from "./sqlite/index.ts";
export type { ChildCommand, ChildProblem } from "./supervisor/child.ts";
export type { MemberPhase, MemberStatus } from "./supervisor/member.ts";
export {
  askSupervisor,
  type ControlRequest,
  type Supervisor,
  type SupervisorOptions,
  startSupervisor,
  supervisedStatus,
  supervisorGone,
} from "./supervisor/supervise.ts";
export { fsckMember, rebuildMember } from "./upkeep/check-ledger.ts";
