import { useQuery } from "@tanstack/react-query";
import { me } from "../api/queries";
import { type Me, may, type Permission } from "../api/roles";

/** Who looks. `undefined` only while nobody is signed in. */
export function useMe(): Me | undefined {
  return useQuery(me).data;
}

/** Whether to offer an act. The server decides again when it is asked. */
export function useMay(permission: Permission): boolean {
  return may(useMe()?.role, permission);
}
