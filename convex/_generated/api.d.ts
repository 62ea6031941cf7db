/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as api_webhooks from "../api/webhooks.js";
import type * as approvals from "../approvals.js";
import type * as auth from "../auth.js";
import type * as bulkJobs from "../bulkJobs.js";
import type * as crons from "../crons.js";
import type * as drafts from "../drafts.js";
import type * as environment from "../environment.js";
import type * as errors from "../errors.js";
import type * as events from "../events.js";
import type * as executor_admission from "../executor/admission.js";
import type * as executor_approvalRequests from "../executor/approvalRequests.js";
import type * as executor_approvals from "../executor/approvals.js";
import type * as executor_attempts from "../executor/attempts.js";
import type * as executor_audit from "../executor/audit.js";
import type * as executor_backoff from "../executor/backoff.js";
import type * as executor_branches from "../executor/branches.js";
import type * as executor_bulkWork from "../executor/bulkWork.js";
import type * as executor_cancelInside from "../executor/cancelInside.js";
import type * as executor_cancelRun from "../executor/cancelRun.js";
import type * as executor_claims from "../executor/claims.js";
import type * as executor_containerMoves from "../executor/containerMoves.js";
import type * as executor_effects from "../executor/effects.js";
import type * as executor_eventDelivery from "../executor/eventDelivery.js";
import type * as executor_eventLog from "../executor/eventLog.js";
import type * as executor_eventWaits from "../executor/eventWaits.js";
import type * as executor_exchange from "../executor/exchange.js";
import type * as executor_flow from "../executor/flow.js";
import type * as executor_flowKeys from "../executor/flowKeys.js";
import type * as executor_gates from "../executor/gates.js";
import type * as executor_idempotency from "../executor/idempotency.js";
import type * as executor_keys from "../executor/keys.js";
import type * as executor_loopItems from "../executor/loopItems.js";
import type * as executor_loopResults from "../executor/loopResults.js";
import type * as executor_loops from "../executor/loops.js";
import type * as executor_newRun from "../executor/newRun.js";
import type * as executor_pins from "../executor/pins.js";
import type * as executor_promotion from "../executor/promotion.js";
import type * as executor_queueAudit from "../executor/queueAudit.js";
import type * as executor_queuedRuns from "../executor/queuedRuns.js";
import type * as executor_recovery from "../executor/recovery.js";
import type * as executor_reopen from "../executor/reopen.js";
import type * as executor_replay from "../executor/replay.js";
import type * as executor_replayPath from "../executor/replayPath.js";
import type * as executor_replayPlan from "../executor/replayPlan.js";
import type * as executor_reports from "../executor/reports.js";
import type * as executor_runEnds from "../executor/runEnds.js";
import type * as executor_runHistory from "../executor/runHistory.js";
import type * as executor_runSeats from "../executor/runSeats.js";
import type * as executor_runSeeds from "../executor/runSeeds.js";
import type * as executor_seedRequests from "../executor/seedRequests.js";
import type * as executor_seedSteps from "../executor/seedSteps.js";
import type * as executor_slots from "../executor/slots.js";
import type * as executor_startRun from "../executor/startRun.js";
import type * as executor_startTest from "../executor/startTest.js";
import type * as executor_stepControls from "../executor/stepControls.js";
import type * as executor_stepEnds from "../executor/stepEnds.js";
import type * as executor_stepScope from "../executor/stepScope.js";
import type * as executor_stepScopes from "../executor/stepScopes.js";
import type * as executor_stepStarts from "../executor/stepStarts.js";
import type * as executor_stepTests from "../executor/stepTests.js";
import type * as executor_stopRun from "../executor/stopRun.js";
import type * as executor_storedError from "../executor/storedError.js";
import type * as executor_tasks from "../executor/tasks.js";
import type * as executor_testRuns from "../executor/testRuns.js";
import type * as executor_timerRequests from "../executor/timerRequests.js";
import type * as executor_timers from "../executor/timers.js";
import type * as executor_transitions from "../executor/transitions.js";
import type * as executor_turn from "../executor/turn.js";
import type * as executor_turnState from "../executor/turnState.js";
import type * as executor_waits from "../executor/waits.js";
import type * as executor_worker from "../executor/worker.js";
import type * as functions from "../functions.js";
import type * as http from "../http.js";
import type * as language_abortReason from "../language/abortReason.js";
import type * as language_action from "../language/action.js";
import type * as language_branchSteps from "../language/branchSteps.js";
import type * as language_budget from "../language/budget.js";
import type * as language_compile from "../language/compile.js";
import type * as language_containerSteps from "../language/containerSteps.js";
import type * as language_definition from "../language/definition.js";
import type * as language_diagnostics from "../language/diagnostics.js";
import type * as language_durations from "../language/durations.js";
import type * as language_evaluation from "../language/evaluation.js";
import type * as language_eventNames from "../language/eventNames.js";
import type * as language_flowControl from "../language/flowControl.js";
import type * as language_flowRanges from "../language/flowRanges.js";
import type * as language_flowTypes from "../language/flowTypes.js";
import type * as language_graph from "../language/graph.js";
import type * as language_graphBuilder from "../language/graphBuilder.js";
import type * as language_graphDiff from "../language/graphDiff.js";
import type * as language_journal from "../language/journal.js";
import type * as language_jsonChanges from "../language/jsonChanges.js";
import type * as language_jsonSchema from "../language/jsonSchema.js";
import type * as language_lockstepTypes from "../language/lockstepTypes.js";
import type * as language_memoryImage from "../language/memoryImage.js";
import type * as language_moduleRewrite from "../language/moduleRewrite.js";
import type * as language_ownCode from "../language/ownCode.js";
import type * as language_plainSteps from "../language/plainSteps.js";
import type * as language_quickjs from "../language/quickjs.js";
import type * as language_reads from "../language/reads.js";
import type * as language_requestSecrets from "../language/requestSecrets.js";
import type * as language_sandbox from "../language/sandbox.js";
import type * as language_sandboxContext from "../language/sandboxContext.js";
import type * as language_schemaDiff from "../language/schemaDiff.js";
import type * as language_schemaTypes from "../language/schemaTypes.js";
import type * as language_sdkSource from "../language/sdkSource.js";
import type * as language_secretNames from "../language/secretNames.js";
import type * as language_snapshotSandbox from "../language/snapshotSandbox.js";
import type * as language_sourceTree from "../language/sourceTree.js";
import type * as language_stepCall from "../language/stepCall.js";
import type * as language_stepErrors from "../language/stepErrors.js";
import type * as language_stepOptions from "../language/stepOptions.js";
import type * as language_stripTypes from "../language/stripTypes.js";
import type * as language_waitSteps from "../language/waitSteps.js";
import type * as language_zodBundle from "../language/zodBundle.js";
import type * as model_access from "../model/access.js";
import type * as model_approvals from "../model/approvals.js";
import type * as model_comparisonShapes from "../model/comparisonShapes.js";
import type * as model_comparisons from "../model/comparisons.js";
import type * as model_drafts from "../model/drafts.js";
import type * as model_eventMatch from "../model/eventMatch.js";
import type * as model_events from "../model/events.js";
import type * as model_flowLimits from "../model/flowLimits.js";
import type * as model_keptDrafts from "../model/keptDrafts.js";
import type * as model_names from "../model/names.js";
import type * as model_organizations from "../model/organizations.js";
import type * as model_passwordHash from "../model/passwordHash.js";
import type * as model_payloads from "../model/payloads.js";
import type * as model_programs from "../model/programs.js";
import type * as model_rateLimits from "../model/rateLimits.js";
import type * as model_restores from "../model/restores.js";
import type * as model_rollBacks from "../model/rollBacks.js";
import type * as model_runFilter from "../model/runFilter.js";
import type * as model_runs from "../model/runs.js";
import type * as model_scheduleTimes from "../model/scheduleTimes.js";
import type * as model_secretCipher from "../model/secretCipher.js";
import type * as model_secrets from "../model/secrets.js";
import type * as model_slugs from "../model/slugs.js";
import type * as model_stepRows from "../model/stepRows.js";
import type * as model_templates from "../model/templates.js";
import type * as model_triggerDiff from "../model/triggerDiff.js";
import type * as model_triggers from "../model/triggers.js";
import type * as model_versionActivity from "../model/versionActivity.js";
import type * as model_versions from "../model/versions.js";
import type * as model_webhookTokens from "../model/webhookTokens.js";
import type * as model_workflows from "../model/workflows.js";
import type * as model_zonedTime from "../model/zonedTime.js";
import type * as organizations from "../organizations.js";
import type * as payloads from "../payloads.js";
import type * as runEvents from "../runEvents.js";
import type * as secrets from "../secrets.js";
import type * as stepExecutions from "../stepExecutions.js";
import type * as steps_action from "../steps/action.js";
import type * as steps_actionFetch from "../steps/actionFetch.js";
import type * as steps_approval from "../steps/approval.js";
import type * as steps_code from "../steps/code.js";
import type * as steps_condition from "../steps/condition.js";
import type * as steps_delay from "../steps/delay.js";
import type * as steps_fail from "../steps/fail.js";
import type * as steps_guardedFetch from "../steps/guardedFetch.js";
import type * as steps_http from "../steps/http.js";
import type * as steps_httpRequest from "../steps/httpRequest.js";
import type * as steps_loop from "../steps/loop.js";
import type * as steps_networkAccess from "../steps/networkAccess.js";
import type * as steps_parallel from "../steps/parallel.js";
import type * as steps_registry from "../steps/registry.js";
import type * as steps_secretMask from "../steps/secretMask.js";
import type * as steps_stepBegin from "../steps/stepBegin.js";
import type * as steps_stop from "../steps/stop.js";
import type * as steps_switch from "../steps/switch.js";
import type * as steps_waitForEvent from "../steps/waitForEvent.js";
import type * as templates from "../templates.js";
import type * as testRuns from "../testRuns.js";
import type * as triggerRuns from "../triggerRuns.js";
import type * as triggers from "../triggers.js";
import type * as users from "../users.js";
import type * as validators from "../validators.js";
import type * as workflowRuns from "../workflowRuns.js";
import type * as workflowVersions from "../workflowVersions.js";
import type * as workflows from "../workflows.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  "api/webhooks": typeof api_webhooks;
  approvals: typeof approvals;
  auth: typeof auth;
  bulkJobs: typeof bulkJobs;
  crons: typeof crons;
  drafts: typeof drafts;
  environment: typeof environment;
  errors: typeof errors;
  events: typeof events;
  "executor/admission": typeof executor_admission;
  "executor/approvalRequests": typeof executor_approvalRequests;
  "executor/approvals": typeof executor_approvals;
  "executor/attempts": typeof executor_attempts;
  "executor/audit": typeof executor_audit;
  "executor/backoff": typeof executor_backoff;
  "executor/branches": typeof executor_branches;
  "executor/bulkWork": typeof executor_bulkWork;
  "executor/cancelInside": typeof executor_cancelInside;
  "executor/cancelRun": typeof executor_cancelRun;
  "executor/claims": typeof executor_claims;
  "executor/containerMoves": typeof executor_containerMoves;
  "executor/effects": typeof executor_effects;
  "executor/eventDelivery": typeof executor_eventDelivery;
  "executor/eventLog": typeof executor_eventLog;
  "executor/eventWaits": typeof executor_eventWaits;
  "executor/exchange": typeof executor_exchange;
  "executor/flow": typeof executor_flow;
  "executor/flowKeys": typeof executor_flowKeys;
  "executor/gates": typeof executor_gates;
  "executor/idempotency": typeof executor_idempotency;
  "executor/keys": typeof executor_keys;
  "executor/loopItems": typeof executor_loopItems;
  "executor/loopResults": typeof executor_loopResults;
  "executor/loops": typeof executor_loops;
  "executor/newRun": typeof executor_newRun;
  "executor/pins": typeof executor_pins;
  "executor/promotion": typeof executor_promotion;
  "executor/queueAudit": typeof executor_queueAudit;
  "executor/queuedRuns": typeof executor_queuedRuns;
  "executor/recovery": typeof executor_recovery;
  "executor/reopen": typeof executor_reopen;
  "executor/replay": typeof executor_replay;
  "executor/replayPath": typeof executor_replayPath;
  "executor/replayPlan": typeof executor_replayPlan;
  "executor/reports": typeof executor_reports;
  "executor/runEnds": typeof executor_runEnds;
  "executor/runHistory": typeof executor_runHistory;
  "executor/runSeats": typeof executor_runSeats;
  "executor/runSeeds": typeof executor_runSeeds;
  "executor/seedRequests": typeof executor_seedRequests;
  "executor/seedSteps": typeof executor_seedSteps;
  "executor/slots": typeof executor_slots;
  "executor/startRun": typeof executor_startRun;
  "executor/startTest": typeof executor_startTest;
  "executor/stepControls": typeof executor_stepControls;
  "executor/stepEnds": typeof executor_stepEnds;
  "executor/stepScope": typeof executor_stepScope;
  "executor/stepScopes": typeof executor_stepScopes;
  "executor/stepStarts": typeof executor_stepStarts;
  "executor/stepTests": typeof executor_stepTests;
  "executor/stopRun": typeof executor_stopRun;
  "executor/storedError": typeof executor_storedError;
  "executor/tasks": typeof executor_tasks;
  "executor/testRuns": typeof executor_testRuns;
  "executor/timerRequests": typeof executor_timerRequests;
  "executor/timers": typeof executor_timers;
  "executor/transitions": typeof executor_transitions;
  "executor/turn": typeof executor_turn;
  "executor/turnState": typeof executor_turnState;
  "executor/waits": typeof executor_waits;
  "executor/worker": typeof executor_worker;
  functions: typeof functions;
  http: typeof http;
  "language/abortReason": typeof language_abortReason;
  "language/action": typeof language_action;
  "language/branchSteps": typeof language_branchSteps;
  "language/budget": typeof language_budget;
  "language/compile": typeof language_compile;
  "language/containerSteps": typeof language_containerSteps;
  "language/definition": typeof language_definition;
  "language/diagnostics": typeof language_diagnostics;
  "language/durations": typeof language_durations;
  "language/evaluation": typeof language_evaluation;
  "language/eventNames": typeof language_eventNames;
  "language/flowControl": typeof language_flowControl;
  "language/flowRanges": typeof language_flowRanges;
  "language/flowTypes": typeof language_flowTypes;
  "language/graph": typeof language_graph;
  "language/graphBuilder": typeof language_graphBuilder;
  "language/graphDiff": typeof language_graphDiff;
  "language/journal": typeof language_journal;
  "language/jsonChanges": typeof language_jsonChanges;
  "language/jsonSchema": typeof language_jsonSchema;
  "language/lockstepTypes": typeof language_lockstepTypes;
  "language/memoryImage": typeof language_memoryImage;
  "language/moduleRewrite": typeof language_moduleRewrite;
  "language/ownCode": typeof language_ownCode;
  "language/plainSteps": typeof language_plainSteps;
  "language/quickjs": typeof language_quickjs;
  "language/reads": typeof language_reads;
  "language/requestSecrets": typeof language_requestSecrets;
  "language/sandbox": typeof language_sandbox;
  "language/sandboxContext": typeof language_sandboxContext;
  "language/schemaDiff": typeof language_schemaDiff;
  "language/schemaTypes": typeof language_schemaTypes;
  "language/sdkSource": typeof language_sdkSource;
  "language/secretNames": typeof language_secretNames;
  "language/snapshotSandbox": typeof language_snapshotSandbox;
  "language/sourceTree": typeof language_sourceTree;
  "language/stepCall": typeof language_stepCall;
  "language/stepErrors": typeof language_stepErrors;
  "language/stepOptions": typeof language_stepOptions;
  "language/stripTypes": typeof language_stripTypes;
  "language/waitSteps": typeof language_waitSteps;
  "language/zodBundle": typeof language_zodBundle;
  "model/access": typeof model_access;
  "model/approvals": typeof model_approvals;
  "model/comparisonShapes": typeof model_comparisonShapes;
  "model/comparisons": typeof model_comparisons;
  "model/drafts": typeof model_drafts;
  "model/eventMatch": typeof model_eventMatch;
  "model/events": typeof model_events;
  "model/flowLimits": typeof model_flowLimits;
  "model/keptDrafts": typeof model_keptDrafts;
  "model/names": typeof model_names;
  "model/organizations": typeof model_organizations;
  "model/passwordHash": typeof model_passwordHash;
  "model/payloads": typeof model_payloads;
  "model/programs": typeof model_programs;
  "model/rateLimits": typeof model_rateLimits;
  "model/restores": typeof model_restores;
  "model/rollBacks": typeof model_rollBacks;
  "model/runFilter": typeof model_runFilter;
  "model/runs": typeof model_runs;
  "model/scheduleTimes": typeof model_scheduleTimes;
  "model/secretCipher": typeof model_secretCipher;
  "model/secrets": typeof model_secrets;
  "model/slugs": typeof model_slugs;
  "model/stepRows": typeof model_stepRows;
  "model/templates": typeof model_templates;
  "model/triggerDiff": typeof model_triggerDiff;
  "model/triggers": typeof model_triggers;
  "model/versionActivity": typeof model_versionActivity;
  "model/versions": typeof model_versions;
  "model/webhookTokens": typeof model_webhookTokens;
  "model/workflows": typeof model_workflows;
  "model/zonedTime": typeof model_zonedTime;
  organizations: typeof organizations;
  payloads: typeof payloads;
  runEvents: typeof runEvents;
  secrets: typeof secrets;
  stepExecutions: typeof stepExecutions;
  "steps/action": typeof steps_action;
  "steps/actionFetch": typeof steps_actionFetch;
  "steps/approval": typeof steps_approval;
  "steps/code": typeof steps_code;
  "steps/condition": typeof steps_condition;
  "steps/delay": typeof steps_delay;
  "steps/fail": typeof steps_fail;
  "steps/guardedFetch": typeof steps_guardedFetch;
  "steps/http": typeof steps_http;
  "steps/httpRequest": typeof steps_httpRequest;
  "steps/loop": typeof steps_loop;
  "steps/networkAccess": typeof steps_networkAccess;
  "steps/parallel": typeof steps_parallel;
  "steps/registry": typeof steps_registry;
  "steps/secretMask": typeof steps_secretMask;
  "steps/stepBegin": typeof steps_stepBegin;
  "steps/stop": typeof steps_stop;
  "steps/switch": typeof steps_switch;
  "steps/waitForEvent": typeof steps_waitForEvent;
  templates: typeof templates;
  testRuns: typeof testRuns;
  triggerRuns: typeof triggerRuns;
  triggers: typeof triggers;
  users: typeof users;
  validators: typeof validators;
  workflowRuns: typeof workflowRuns;
  workflowVersions: typeof workflowVersions;
  workflows: typeof workflows;
}>;

/**
 * A utility for referencing Convex functions in your app's public API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;

/**
 * A utility for referencing Convex functions in your app's internal API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = internal.myModule.myFunction;
 * ```
 */
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;

export declare const components: {
  rateLimiter: import("@convex-dev/rate-limiter/_generated/component.js").ComponentApi<"rateLimiter">;
};
