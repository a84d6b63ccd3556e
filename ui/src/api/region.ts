/** `us-west-1` is `usw1`, `ap-northeast-3` is `apne3`: how people who write regions all day write them. Other names stay. */
export function regionCode(name: string): string {
  return name.replace(
    /\b([a-z]{2})(?:-(gov|iso[a-z]?))?-([a-z]+)-(\d+)\b/g,
    (whole, area: string, part: string | undefined, side: string, number: string) => {
      const short = sides[side];
      return short === undefined ? whole : `${area}${part === undefined ? "" : part[0]}${short}${number}`;
    },
  );
}

const sides: Record<string, string> = {
  north: "n",
  south: "s",
  east: "e",
  west: "w",
  central: "c",
  northeast: "ne",
  northwest: "nw",
  southeast: "se",
  southwest: "sw",
};
