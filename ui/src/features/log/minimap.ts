/** Places as parts of the whole, 0 at the top; at most one for each pixel, see `spread`. */
export type MapContent = { errors: readonly number[]; hits: readonly number[]; hit: number | null; from: number; to: number };

/** Errors, finds and what is in sight, beside the scroll bar. */
export function drawMinimap(canvas: HTMLCanvasElement, content: MapContent): void {
  const ratio = globalThis.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const paint = canvas.getContext("2d");
  if (paint === null) return;
  const colours = getComputedStyle(canvas);
  const colour = (name: string) => colours.getPropertyValue(name).trim();
  paint.clearRect(0, 0, width, height);
  const bar = (at: number, high_px: number, inset_px: number, alpha: number) => {
    paint.globalAlpha = alpha;
    paint.fillRect(
      inset_px * ratio,
      Math.min(height - high_px * ratio, Math.round(at * height)),
      width - 2 * inset_px * ratio,
      high_px * ratio,
    );
  };
  paint.fillStyle = colour("--text-3");
  const seen = Math.max(6 * ratio, (content.to - content.from) * height);
  paint.globalAlpha = 0.22;
  // Where all is in sight there is nothing to find one's way in.
  if (content.to - content.from < 1) paint.fillRect(0, Math.min(height - seen, content.from * height), width, seen);
  paint.fillStyle = colour("--bad");
  for (const at of content.errors) bar(at, 2, 2, 0.9);
  paint.fillStyle = colour("--wait");
  for (const at of content.hits) bar(at, 2, 2, 0.65);
  if (content.hit !== null) {
    paint.fillStyle = colour("--accent");
    bar(content.hit, 3, 0, 1);
  }
  paint.globalAlpha = 1;
}

/** At most one place for each pixel: ten thousand finds are drawn as fast as a hundred. */
export function spread(places: readonly number[], pixels: number): number[] {
  const found: number[] = [];
  let last = -1;
  for (const place of places) {
    const pixel = Math.floor(place * pixels);
    if (pixel === last) continue;
    last = pixel;
    found.push(place);
  }
  return found;
}
