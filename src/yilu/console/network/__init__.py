"""The network (网络): hubs, facilities, lanes and rules of the province, and one facility's work."""
