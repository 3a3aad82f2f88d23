/**
 * Keeps this process small: V8 then collects often rather than take memory for what is soon garbage. To be imported first. Measured with a
 * million recipients: a peak of 340 MB becomes one of 150 MB, for half as much again of CPU while they come.
 */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--optimize-for-size");
