controller/http := server request request_head request_context answer connections listen routes auth problem poll
