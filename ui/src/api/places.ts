import type { Schemas } from "./client";

/** `Prod Wave 2` is `prod · wave-2`: names as they stand in the file, never changed. */
export function placeName(place: Schemas["Place"]): string {
  switch (place.kind) {
    case "target":
      return place.target;
    case "wave":
      return waveName(place.stage, place.wave);
    case "stage":
      return place.stage;
  }
}

export function waveName(stage: string, wave: string): string {
  return wave === "" ? stage : `${stage} · ${wave}`;
}

export function scopeName(scope: Schemas["HoldScope"]): string {
  switch (scope.kind) {
    case "everywhere":
      return "everything";
    case "pipeline":
      return "the whole pipeline";
    case "stage":
      return `stage ${scope.name}`;
    case "lane":
      return `lane ${scope.name}`;
    case "target":
      return `target ${scope.name}`;
    case "account":
      return `account ${scope.name}`;
    case "region":
      return `region ${scope.name}`;
  }
}

/** Who or what did something, as a name. */
export function actorName(actor: Schemas["Actor"]): string {
  switch (actor.kind) {
    case "person":
    case "token":
      return actor.name;
    case "runner":
      return `runner ${actor.id}`;
    case "trigger":
      return `trigger ${actor.source}`;
    case "engine":
      return "the engine";
  }
}

type Named = { name: string };

/** `a` of `prod/eu-west-1/a`: within a wave the region says most; the whole name stands in the tooltip. */
export function shortTarget(front: Named, all: readonly Named[]): string {
  const parts = front.name.split("/");
  for (let take = 1; take < parts.length; take++) {
    const short = (name: string) => name.split("/").slice(-take).join("/");
    const names = all.map((each) => short(each.name));
    if (new Set(names).size === names.length) return short(front.name);
  }
  return front.name;
}
