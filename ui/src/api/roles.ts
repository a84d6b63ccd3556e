import type { Schemas } from "./client";

export type Role = Schemas["Role"];
export type Me = Schemas["Me"];

export const roles: readonly Role[] = ["viewer", "developer", "approver", "operator", "admin"];

/** What a screen may offer. The server decides again. */
export type Permission =
  | "start"
  | "cancel"
  | "retry"
  | "hold"
  | "quarantine"
  | "approve"
  | "lift"
  | "rollback"
  | "override"
  | "resolve"
  | "break_glass"
  | "runners"
  | "connect"
  | "users";

const needed: Record<Permission, Role> = {
  start: "developer",
  cancel: "developer",
  retry: "developer",
  hold: "developer",
  quarantine: "developer",
  approve: "approver",
  lift: "operator",
  rollback: "operator",
  override: "operator",
  resolve: "operator",
  break_glass: "admin",
  runners: "operator",
  connect: "operator",
  users: "admin",
};

/** Each role may do all that those before it may. */
export function may(role: Role | undefined, permission: Permission): boolean {
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(needed[permission]);
}
