import { transform } from "sucrase";

/**
 * The source without its types, every remaining token on its own line and in its own column, so that
 * every position in the program is a position in the source. Sucrase keeps lines; it says where tokens
 * came from, and blanks put them back there. (Code that it adds, for an enum, shifts the rest of a line.)
 */
export function stripTypes(source: string): string {
  const { code, sourceMap } = transform(source, {
    transforms: ["typescript"],
    filePath: "workflow.ts",
    sourceMapOptions: { compiledFilename: "workflow.js" },
    disableESTransforms: true,
    keepUnusedImports: true,
  });
  const mappings = decodeMappings(sourceMap?.mappings ?? "");
  return code
    .split("\n")
    .map((line, index) => realign(line, mappings[index] ?? [], index))
    .join("\n");
}

type Segment = { generated: number; line: number; column: number };

function realign(line: string, segments: Segment[], index: number): string {
  let out = "";
  let copied = 0;
  for (const segment of segments) {
    if (segment.line !== index) continue;
    out += line.slice(copied, segment.generated);
    copied = segment.generated;
    if (copied < line.length) out = out.padEnd(segment.column);
  }
  return out + line.slice(copied);
}

const DIGITS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Source map version 3: per generated line, segments of base64 VLQ deltas. */
function decodeMappings(mappings: string): Segment[][] {
  let line = 0;
  let column = 0;
  return mappings.split(";").map((group) => {
    let generated = 0;
    return group.split(",").flatMap((text) => {
      const [step, , lineStep, columnStep] = decodeNumbers(text);
      generated += step ?? 0;
      if (lineStep === undefined || columnStep === undefined) return [];
      line += lineStep;
      column += columnStep;
      return [{ generated, line, column }];
    });
  });
}

function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}
