controller/http := server request answer connections listen routes auth problem poll
