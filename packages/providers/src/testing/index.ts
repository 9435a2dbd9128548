export {
  type HarnessedModel,
  type ModelHarness,
  type ScriptedAnswer,
  type ScriptedBlock,
  type ScriptedFailure,
  type ScriptedResponse,
  type ScriptedUsage,
  scriptedStopReason,
  type WireLack,
} from './harness.ts';
export { createHttpHarness, type HttpVendor, type ResponseFrames } from './http-harness.ts';
export { describeModelConformance } from './model-conformance.ts';
export {
  type ScriptedCall,
  type ScriptedModel,
  type ScriptedStep,
  type StepAnswer,
  scriptedModel,
  textTurn,
  toolTurn,
} from './scripted-model.ts';
export { brokenStreamRules } from './stream-rules.ts';
