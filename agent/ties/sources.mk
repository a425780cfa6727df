agent/ties := ties look
