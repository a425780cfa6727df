controller/http := server request request_context answer connections listen routes auth problem poll
