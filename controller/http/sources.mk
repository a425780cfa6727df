controller/http := server request request_head request_context answer connections listen routes share auth problem poll deadlines tls_input relay request_relay
