"""服务诊断 in depth: what customers came for (scenes), rating tags, 同行, and a grade of the service experience."""
