"""What the measurements of bench/ share: workloads, watchers, and figures beside their yardsticks."""
