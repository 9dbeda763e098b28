export type { App } from "@vermilion/member/ports/index";
export { systemClock } from "@vermilion/node/host/system-clock";
export { systemRandom } from "@vermilion/node/host/system-random";
export type { AdminRequest } from "./admin.ts";
export { askMember } from "./admin.ts";
export { type AppKey, listAppFiles, newAppKey, readAppFile, writeAppFile } from "./app-files.ts";
export { asCannot, Cannot, type CannotCode } from "./cannot.ts";
export { fsckMember, rebuildMember } from "./check-ledger.ts";
export type { ChildCommand, ChildProblem } from "./child.ts";
export { type ConfigCheck, type ConfigProblem, checkConfig, configProblemText } from "./config.ts";
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
} from "./config-schemas.ts";
export { consortiumOf, defaultFirstPort, defaultMembers, defaultName, sampleUscc } from "./default-consortium.ts";
export { type FoundOptions, foundConsortium, isFounded } from "./found-consortium.ts";
export { createKeyFiles, openKeyFiles } from "./keys/key-files.ts";
export { type Lock, takeLock } from "./lock.ts";
export { type LocalLog, pinoLog } from "./log.ts";
export { type ForegroundOptions, runMemberInForeground } from "./member-main.ts";
export { type MemberProcess, type MemberProcessOptions, readGenesis, runMember } from "./member-process.ts";
export { adminSocket, controlSocket, dataPaths, readConsortium, readMemberConfig } from "./paths.ts";
export type { SocketAnswer } from "./socket-door.ts";
export { findSocketPlace } from "./socket-place.ts";
export * from "./sqlite/index.ts";
export { askMemberOrFiles, memberGone, withStoppedMember } from "./stopped-member.ts";
export type { MemberPhase, MemberStatus } from "./supervised-member.ts";
export {
  askSupervisor,
  type ControlRequest,
  type Supervisor,
  type SupervisorOptions,
  startSupervisor,
  supervisedStatus,
  supervisorGone,
} from "./supervisor.ts";
export { trustMembers } from "./trust.ts";
