/** Types as files: what programs on top of the client need to read, compare and try them. */
export {
  type CertificateType,
  checkTypeChange,
  mainPart,
  parseCertificateType,
  type TypeChangeProblem,
  type TypeProblem,
} from "@vermilion/certificates";
export { sampleFields, samplesMax } from "@vermilion/certificates/samples/index";
