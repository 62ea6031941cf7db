/**
 * Loaded with `--import` into every child of `start.mjs`. The channel to the parent closes when the parent ends for any
 * reason, `kill -9` included; the child then asks itself to stop, and leaves after five seconds at the latest.
 */
if (process.channel) {
  process.on("disconnect", () => {
    setTimeout(() => process.exit(1), 5000).unref();
    process.kill(process.pid, "SIGTERM");
  });
  process.channel.unref();
}
