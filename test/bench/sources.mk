test/bench := main table plan delta state http tls_load large apart wg waiting agent guest routes reflector speakers speakers_text speakers_look faults
