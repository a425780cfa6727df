agent/observe := observation observe
