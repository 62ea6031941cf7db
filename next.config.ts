import type { NextConfig } from "next";

const config: NextConfig = {
  distDir: process.env.LOCKSTEP_NEXT_DIR ?? ".next",
  poweredByHeader: false,
  reactStrictMode: true,
  experimental: {
    optimizePackageImports: ["radix-ui", "lucide-react"],
  },
};

export default config;
