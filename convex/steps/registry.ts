/** Every kind of step and how it begins. */
import type { StepNode } from "../language/graph";
import { beginAction } from "./action";
import { beginApproval } from "./approval";
import { beginCode } from "./code";
import { beginCondition } from "./condition";
import { beginDelay } from "./delay";
import { beginFail } from "./fail";
import { beginHttp } from "./http";
import { beginLoop } from "./loop";
import { beginParallel } from "./parallel";
import { beginRun } from "./run";
import type { Begun, StepContext } from "./stepBegin";
import { beginStop } from "./stop";
import { beginSwitch } from "./switch";
import { beginWaitForEvent } from "./waitForEvent";

export async function beginStep(
  context: StepContext<StepNode>,
): Promise<Begun> {
  const { node } = context;
  switch (node.kind) {
    case "code":
      return await beginCode({ ...context, node });
    case "condition":
      return await beginCondition({ ...context, node });
    case "delay":
      return await beginDelay({ ...context, node });
    case "approval":
      return await beginApproval({ ...context, node });
    case "waitForEvent":
      return await beginWaitForEvent({ ...context, node });
    case "fail":
      return await beginFail({ ...context, node });
    case "http":
      return await beginHttp({ ...context, node });
    case "action":
      return await beginAction({ ...context, node });
    case "loop":
      return await beginLoop({ ...context, node });
    case "switch":
      return await beginSwitch({ ...context, node });
    case "parallel":
      return beginParallel({ node });
    case "stop":
      return await beginStop({ ...context, node });
    case "run":
      return await beginRun({ ...context, node });
    case "branch":
      throw new Error(`The branch ${context.key} begins with what it is in`);
  }
}
