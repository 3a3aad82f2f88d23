/** A door on the rig, one for all tests of a file. */
import { afterAll, beforeAll } from "vitest";
import { JobDoor } from "../src/door/job-door.ts";
import { CallQueues } from "../src/redis/call-queues.ts";
import { type Rig, startRig } from "./rig.ts";

export type DoorRig = { rig: Rig; queues: CallQueues; door: JobDoor };

/** Starts one before the first test, hands it to `use`, and closes it after the last. */
export function doorForAllTests(use: (of: DoorRig) => void): void {
  let own: DoorRig;
  beforeAll(async () => {
    const rig = await startRig();
    const queues = new CallQueues(rig.client, rig.engine.config.keyId);
    own = { rig, queues, door: new JobDoor(rig.engine.scripts, rig.engine.config, queues) };
    use(own);
  });
  afterAll(async () => {
    await own.queues.close();
    await own.rig.close();
  });
}
