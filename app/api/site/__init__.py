"""The HTML pages, their assets, and the probes of a load balancer."""
