import type { Program as ProgramNode } from "acorn";
import type { RecordedCall } from "./definition";
import {
  type Diagnostic,
  errorAt,
  pointRange,
  START,
  warningAt,
} from "./diagnostics";
import type { SourceRange } from "./graph";
import {
  type Mentions,
  mentionsOf,
  mentionsOfAll,
  NOTHING,
  UNKNOWN,
} from "./reads";
import {
  callAt,
  type MethodCall,
  methodCalls,
  optionsOfCall,
  propertyRange,
} from "./sourceTree";
import { StepOptions } from "./stepOptions";

/** The recorded calls as they are written in the source: where they stand, what they read, and what is said of them there. */
export class WrittenCalls {
  readonly diagnostics: Diagnostic[] = [];
  readonly #tree: ProgramNode;
  readonly #source: readonly MethodCall[];

  constructor(tree: ProgramNode) {
    this.#tree = tree;
    this.#source = methodCalls(tree);
  }

  find(call: RecordedCall): MethodCall | null {
    return call.at === null
      ? null
      : callAt(this.#source, call.kind, call.at.line, call.at.column);
  }

  range(call: RecordedCall): SourceRange | null {
    const found = this.find(call);
    if (found !== null) return found.range;
    return call.at === null ? null : pointRange(call.at.line, call.at.column);
  }

  /** Where an option is written, options come last; else where the call is. */
  optionRange(
    call: RecordedCall,
    option: string | undefined,
  ): SourceRange | null {
    return this.#optionRange(call, option) ?? this.range(call);
  }

  #optionRange(
    call: RecordedCall,
    option: string | undefined,
  ): SourceRange | null {
    if (option === undefined) return null;
    if (call.kind === "workflow")
      return propertyRange(optionsOfCall(this.#tree, call.at), option);
    for (const given of this.find(call)?.call.arguments.toReversed() ?? []) {
      const range = propertyRange(given, option);
      if (range !== null) return range;
    }
    return null;
  }

  options(call: RecordedCall): StepOptions {
    return new StepOptions(
      call.options,
      (message, option) =>
        this.reportAt(this.optionRange(call, option), message),
      Object.keys(call.blocks),
    );
  }

  report(call: RecordedCall, message: string): void {
    this.reportAt(this.range(call), message);
  }

  reportAt(range: SourceRange | null, message: string): void {
    this.diagnostics.push(errorAt(range, message));
  }

  warn(call: RecordedCall, message: string): void {
    this.diagnostics.push(warningAt(this.range(call) ?? START, message));
  }

  /** Paths of the steps that the call's functions name; a name that is not in sight is no step. */
  reads(
    call: RecordedCall,
    visible: ReadonlyMap<string, string>,
  ): string[] | null {
    const { steps } = this.mentions(call);
    const unknown = (steps ?? []).find((name) => !visible.has(name));
    if (unknown !== undefined) this.warn(call, notBefore(unknown, visible));
    return steps === null ? null : resolveReads(steps, visible);
  }

  mentions(call: RecordedCall): Mentions {
    // Its arguments are blocks of steps, which have mentions of their own.
    if (call.kind === "parallel") return NOTHING;
    const found = this.find(call);
    if (found === null) return UNKNOWN;
    return call.kind === "output"
      ? mentionsOfAll(found.call)
      : mentionsOf(found.call);
  }
}

function notBefore(name: string, visible: ReadonlyMap<string, string>): string {
  const names = [...visible.keys()].slice(0, 10).join(", ");
  const known = names === "" ? "there are none" : `there are ${names}`;
  return `steps.${name} is undefined here: no step of that name comes before (${known}).`;
}

function resolveReads(
  names: readonly string[],
  visible: ReadonlyMap<string, string>,
): string[] {
  const paths = names.flatMap((name) => visible.get(name) ?? []);
  return [...new Set(paths)].toSorted();
}
