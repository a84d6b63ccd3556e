import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { runners as runnersQuery } from "../../api/queries";
import { useMay } from "../../app/access";
import { Button } from "../../design/Button";
import { Loaded } from "../../design/Page";
import table from "../../design/Table.module.css";
import { AddRunner } from "../runners/AddRunner";
import { poolsOf } from "../runners/pools";

/** Which pools there are, and the way for a runner to join one. What they do now is a page of its own. */
export function RunnersTab() {
  const query = useQuery(runnersQuery);
  const mayManage = useMay("runners");
  const [adding, setAdding] = useState(false);
  return (
    <>
      <Loaded query={query}>
        {(data) => {
          const pools = poolsOf(data.items, []);
          return pools.length === 0 ? (
            <p className="c-2">No runner has joined yet: jobs wait until one does.</p>
          ) : (
            <ul>
              {pools.map((pool) => (
                <li key={pool.name}>
                  <b>{pool.name}</b>{" "}
                  <span className="num c-2">
                    {pool.online} of {pool.runners.length} online, {pool.slots} slots
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
      <p>
        {mayManage && <Button onClick={() => setAdding(true)}>Add a runner…</Button>}{" "}
        <Link className={table.link} to="/runners">
          What runners do now, and why jobs wait
        </Link>
      </p>
      {adding && <AddRunner pools={[...new Set(query.data?.items.map((runner) => runner.pool) ?? [])]} onClose={() => setAdding(false)} />}
    </>
  );
}
