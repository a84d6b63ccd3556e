/** Lines as an address names them: `#L88` or `#L88-L92`, counted from 1. Inside the program lines are counted from 0. */
export type LineRange = { first: number; last: number };

export function rangeOf(fragment: string): LineRange | undefined {
  const match = /^#?L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(fragment);
  if (match === null) return undefined;
  const one = Number(match[1]) - 1;
  const other = match[2] === undefined ? one : Number(match[2]) - 1;
  if (one < 0 || other < 0) return undefined;
  return { first: Math.min(one, other), last: Math.max(one, other) };
}

export function fragmentOf({ first, last }: LineRange): string {
  return first === last ? `L${first + 1}` : `L${first + 1}-L${last + 1}`;
}
