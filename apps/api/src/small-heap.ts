/**
 * Keeps this process small: the young generation stays at its first size, and the old one is collected once a tenth of it is new, rather
 * than take memory for what is soon garbage. To be imported first. Measured with batches of 50,000 lines or more: without it a peak of
 * 350 MB, with it one of 150 MB for as much CPU. `--optimize-for-size` saves no more, and takes nearly twice the CPU.
 */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=10");
