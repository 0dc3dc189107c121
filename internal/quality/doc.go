package quality
