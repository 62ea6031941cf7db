/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";
import type * as auth from "../auth.js";
import type * as errors from "../errors.js";
import type * as executor_backoff from "../executor/backoff.js";
import type * as executor_cancelRun from "../executor/cancelRun.js";
import type * as executor_flow from "../executor/flow.js";
import type * as executor_keys from "../executor/keys.js";
import type * as executor_loops from "../executor/loops.js";
import type * as executor_slots from "../executor/slots.js";
import type * as executor_startRun from "../executor/startRun.js";
import type * as executor_stepControls from "../executor/stepControls.js";
import type * as executor_stepScope from "../executor/stepScope.js";
import type * as executor_tasks from "../executor/tasks.js";
import type * as executor_timerRequests from "../executor/timerRequests.js";
import type * as executor_timers from "../executor/timers.js";
import type * as executor_transitions from "../executor/transitions.js";
import type * as executor_turn from "../executor/turn.js";
import type * as executor_turnState from "../executor/turnState.js";
import type * as functions from "../functions.js";
import type * as language_action from "../language/action.js";
import type * as language_compile from "../language/compile.js";
import type * as language_definition from "../language/definition.js";
import type * as language_diagnostics from "../language/diagnostics.js";
import type * as language_durations from "../language/durations.js";
import type * as language_evaluation from "../language/evaluation.js";
import type * as language_graph from "../language/graph.js";
import type * as language_graphBuilder from "../language/graphBuilder.js";
import type * as language_jsonSchema from "../language/jsonSchema.js";
import type * as language_lockstepTypes from "../language/lockstepTypes.js";
import type * as language_moduleRewrite from "../language/moduleRewrite.js";
import type * as language_quickjs from "../language/quickjs.js";
import type * as language_reads from "../language/reads.js";
import type * as language_requestSecrets from "../language/requestSecrets.js";
import type * as language_sandbox from "../language/sandbox.js";
import type * as language_sandboxContext from "../language/sandboxContext.js";
import type * as language_sdkSource from "../language/sdkSource.js";
import type * as language_secretNames from "../language/secretNames.js";
import type * as language_sourceTree from "../language/sourceTree.js";
import type * as language_stepErrors from "../language/stepErrors.js";
import type * as language_stepOptions from "../language/stepOptions.js";
import type * as language_stripTypes from "../language/stripTypes.js";
import type * as language_testing_evaluateSource from "../language/testing/evaluateSource.js";
import type * as language_testing_example from "../language/testing/example.js";
import type * as language_wasmVitePlugin from "../language/wasmVitePlugin.js";
import type * as language_zodBundle from "../language/zodBundle.js";
import type * as model_access from "../model/access.js";
import type * as model_names from "../model/names.js";
import type * as model_organizations from "../model/organizations.js";
import type * as model_payloads from "../model/payloads.js";
import type * as model_slugs from "../model/slugs.js";
import type * as organizations from "../organizations.js";
import type * as steps_action from "../steps/action.js";
import type * as steps_code from "../steps/code.js";
import type * as steps_condition from "../steps/condition.js";
import type * as steps_delay from "../steps/delay.js";
import type * as steps_fail from "../steps/fail.js";
import type * as steps_http from "../steps/http.js";
import type * as steps_loop from "../steps/loop.js";
import type * as steps_registry from "../steps/registry.js";
import type * as steps_stepBegin from "../steps/stepBegin.js";
import type * as users from "../users.js";
import type * as validators from "../validators.js";

/**
 * A utility for referencing Convex functions in your app's API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
declare const fullApi: ApiFromModules<{
  auth: typeof auth;
  errors: typeof errors;
  "executor/backoff": typeof executor_backoff;
  "executor/cancelRun": typeof executor_cancelRun;
  "executor/flow": typeof executor_flow;
  "executor/keys": typeof executor_keys;
  "executor/loops": typeof executor_loops;
  "executor/slots": typeof executor_slots;
  "executor/startRun": typeof executor_startRun;
  "executor/stepControls": typeof executor_stepControls;
  "executor/stepScope": typeof executor_stepScope;
  "executor/tasks": typeof executor_tasks;
  "executor/timerRequests": typeof executor_timerRequests;
  "executor/timers": typeof executor_timers;
  "executor/transitions": typeof executor_transitions;
  "executor/turn": typeof executor_turn;
  "executor/turnState": typeof executor_turnState;
  functions: typeof functions;
  "language/action": typeof language_action;
  "language/compile": typeof language_compile;
  "language/definition": typeof language_definition;
  "language/diagnostics": typeof language_diagnostics;
  "language/durations": typeof language_durations;
  "language/evaluation": typeof language_evaluation;
  "language/graph": typeof language_graph;
  "language/graphBuilder": typeof language_graphBuilder;
  "language/jsonSchema": typeof language_jsonSchema;
  "language/lockstepTypes": typeof language_lockstepTypes;
  "language/moduleRewrite": typeof language_moduleRewrite;
  "language/quickjs": typeof language_quickjs;
  "language/reads": typeof language_reads;
  "language/requestSecrets": typeof language_requestSecrets;
  "language/sandbox": typeof language_sandbox;
  "language/sandboxContext": typeof language_sandboxContext;
  "language/sdkSource": typeof language_sdkSource;
  "language/secretNames": typeof language_secretNames;
  "language/sourceTree": typeof language_sourceTree;
  "language/stepErrors": typeof language_stepErrors;
  "language/stepOptions": typeof language_stepOptions;
  "language/stripTypes": typeof language_stripTypes;
  "language/testing/evaluateSource": typeof language_testing_evaluateSource;
  "language/testing/example": typeof language_testing_example;
  "language/wasmVitePlugin": typeof language_wasmVitePlugin;
  "language/zodBundle": typeof language_zodBundle;
  "model/access": typeof model_access;
  "model/names": typeof model_names;
  "model/organizations": typeof model_organizations;
  "model/payloads": typeof model_payloads;
  "model/slugs": typeof model_slugs;
  organizations: typeof organizations;
  "steps/action": typeof steps_action;
  "steps/code": typeof steps_code;
  "steps/condition": typeof steps_condition;
  "steps/delay": typeof steps_delay;
  "steps/fail": typeof steps_fail;
  "steps/http": typeof steps_http;
  "steps/loop": typeof steps_loop;
  "steps/registry": typeof steps_registry;
  "steps/stepBegin": typeof steps_stepBegin;
  users: typeof users;
  validators: typeof validators;
}>;
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;

export declare const components: {
  rateLimiter: import("@convex-dev/rate-limiter/_generated/component.js").ComponentApi<"rateLimiter">;
};
